package org.irqbypass.host;

import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.inject.Scope;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;

/**
 * The scope of the rooms' Dagger modules: one object for each simulated host. A component of this
 * scope is one host, and two of them in one machine know nothing of each other.
 */
@Scope
@Documented
@Retention(RUNTIME)
public @interface PerHost {}
