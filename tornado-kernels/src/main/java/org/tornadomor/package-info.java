/** What every module shares: the one kind of error that is meant for people. */
package org.tornadomor;
