package org.irqbypass.scenario;

import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.inject.Scope;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;

/** One object for each simulated host: two hosts in one machine know nothing of each other. */
@Scope
@Documented
@Retention(RUNTIME)
@interface PerHost {}
