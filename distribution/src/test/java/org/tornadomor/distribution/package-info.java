/** The archives and the application image, started as strangers start them. */
package org.tornadomor.distribution;
