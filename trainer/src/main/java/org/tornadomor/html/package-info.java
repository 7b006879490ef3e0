/** Pages of HTML that need nothing besides themselves: what a run and what an experiment write. */
package org.tornadomor.html;
