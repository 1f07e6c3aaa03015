package org.irqbypass.comparison.cost;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.io.Resources;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.irqbypass.scenario.YamlDocument;

/**
 * The parameters that modelled time rests on, each with a source or a range. Immutable.
 *
 * <p>Nothing that is counted depends on them.
 */
public final class CostModel {
  static final String CLOCK = "clock";

  private final ImmutableMap<String, Parameter> parameters;

  private CostModel(Map<String, Parameter> parameters) {
    this.parameters = ImmutableMap.copyOf(parameters);
  }

  /** The names that a file may use, in order. */
  static ImmutableSet<String> names() {
    ImmutableSet.Builder<String> names = ImmutableSet.<String>builder().add(CLOCK);
    for (Cost cost : Cost.values()) {
      names.addAll(cost.parameters());
    }
    for (Contention contention : Contention.values()) {
      names.add(contention.label());
    }
    return names.build();
  }

  /** What is used unless a file says otherwise. */
  public static CostModel defaults() {
    byte[] text = defaultText().getBytes(StandardCharsets.UTF_8);
    return new CostModel(
        CostReader.read(YamlDocument.read("costs.yaml", new ByteArrayInputStream(text))));
  }

  /** The file that says what is used by default, with its comments. */
  public static String defaultText() {
    try {
      return Resources.toString(
          Resources.getResource(CostModel.class, "costs.yaml"), StandardCharsets.UTF_8);
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }

  /**
   * Reads a file of parameters; those that it does not name are as by default.
   *
   * @param file in YAML
   * @return the model
   * @throws org.irqbypass.scenario.InputException if the file makes no sense, with the place
   */
  public static CostModel read(Path file) {
    Map<String, Parameter> merged = new LinkedHashMap<>(defaults().parameters);
    merged.putAll(CostReader.read(YamlDocument.read(file)));
    return new CostModel(merged);
  }

  /** All parameters, in the order in which a file tells them: what a report says it assumes. */
  public ImmutableList<Parameter> parameters() {
    return parameters.values().asList();
  }

  /** What one interrupt costs, by the way it goes. */
  public ImmutableList<WayCost> ways() {
    return WayCost.of(this);
  }

  /**
   * What everything costs.
   *
   * @param platform the host's
   * @return prices by the parameters' values
   */
  public Prices prices(String platform) {
    return prices(platform, parameter(CLOCK).value(), Parameter::value);
  }

  /** What something costs where many wait for each other, in nanoseconds. */
  public double nanos(Contention contention) {
    return nanos(parameter(contention.label()), parameter(CLOCK).value(), Parameter::value);
  }

  /** The least that everything may cost. */
  public Prices lowest(String platform) {
    return prices(platform, parameter(CLOCK).most(), Parameter::least);
  }

  /** The most that everything may cost. */
  public Prices highest(String platform) {
    return prices(platform, parameter(CLOCK).least(), Parameter::most);
  }

  /** What cannot be decided one by one: the clock, with which all that is in cycles moves. */
  ImmutableList<Prices> lowestByClock(String platform) {
    return byClock(platform, Parameter::least);
  }

  /** As {@link #lowestByClock}, the most that everything may cost at the same clocks. */
  ImmutableList<Prices> highestByClock(String platform) {
    return byClock(platform, Parameter::most);
  }

  private ImmutableList<Prices> byClock(String platform, ToDoubleFunction<Parameter> value) {
    Parameter clock = parameter(CLOCK);
    return ImmutableList.of(
        prices(platform, clock.least(), value), prices(platform, clock.most(), value));
  }

  private Prices prices(String platform, double gigahertz, ToDoubleFunction<Parameter> value) {
    Architecture architecture = Architecture.of(platform);
    ImmutableMap.Builder<Cost, Long> nanos = ImmutableMap.builder();
    for (Cost cost : Cost.values()) {
      Parameter parameter = parameter(cost.parameter(architecture));
      nanos.put(cost, Math.round(nanos(parameter, gigahertz, value)));
    }
    return new Prices(nanos.buildOrThrow());
  }

  private static double nanos(
      Parameter parameter, double gigahertz, ToDoubleFunction<Parameter> value) {
    double amount = value.applyAsDouble(parameter);
    return parameter.unit() == Unit.CYCLES ? amount / gigahertz : amount;
  }

  private Parameter parameter(String name) {
    Parameter parameter = parameters.get(name);
    if (parameter == null) {
      throw new IllegalStateException("the default costs do not say what " + name + " is");
    }
    return parameter;
  }
}
