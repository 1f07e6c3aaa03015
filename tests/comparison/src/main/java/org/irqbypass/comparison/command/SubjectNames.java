package org.irqbypass.comparison.command;

import java.util.Iterator;
import org.irqbypass.comparison.catalogue.Catalogue;

/** What shells offer to complete. */
final class SubjectNames implements Iterable<String> {
  SubjectNames() {}

  @Override
  public Iterator<String> iterator() {
    return Catalogue.all().iterator();
  }

  /** The platforms. */
  static final class Platforms implements Iterable<String> {
    Platforms() {}

    @Override
    public Iterator<String> iterator() {
      return Hosts.summaries().keySet().iterator();
    }
  }

  /** The levels of comparison. */
  static final class Levels implements Iterable<String> {
    Levels() {}

    @Override
    public Iterator<String> iterator() {
      return LevelConverter.words().iterator();
    }
  }

  /** The kernel profiles. */
  static final class Profiles implements Iterable<String> {
    Profiles() {}

    @Override
    public Iterator<String> iterator() {
      return ProfileConverter.words().iterator();
    }
  }

  /** The contenders. */
  static final class Contenders implements Iterable<String> {
    Contenders() {}

    @Override
    public Iterator<String> iterator() {
      return org.irqbypass.comparison.contender.Contender.labels().iterator();
    }
  }
}
