package org.tornadomor;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type, with all its public members, as made for programs that embed this one. Other public types are public only for
 * other packages of the project, and may change with any version.
 *
 * <p>A marked type changes by semantic versioning: an incompatible change raises the second number before version 1, and the
 * first number from then on. A test compares all marked types with the list in {@code docs/api.txt}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface PublicApi {}
