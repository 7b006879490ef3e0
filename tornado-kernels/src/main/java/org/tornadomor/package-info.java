/** The root of the project: what every module shares, such as the error that is shown to the user as one line. */
package org.tornadomor;
