/**
 * Training and data preparation on Apache Spark. The driver has weights, folder and evaluation; an exchange is one Spark job: the
 * weights go out as a broadcast, each task lets the worker that lives in its executor compute, and what the workers send is added
 * up by pieces in a shuffle. {@link org.tornadomor.cluster.SparkCollective} is what the trainer sees of it.
 */
package org.tornadomor.cluster;
