package org.tornadomor;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type, with all its public members, as made for programs that embed this one. What is public elsewhere is so for other
 * packages of the project, and may change with any version.
 *
 * <p>Such a type changes by semantic versioning: before version 1 incompatibly with the second number alone, later with the first.
 * A test compares all of them with the list in {@code docs/api.txt}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface PublicApi {}
