/** Templates against what jinja2 and transformers gave for them, their limits, and damaged ones. */
package org.tornadomor.template;
