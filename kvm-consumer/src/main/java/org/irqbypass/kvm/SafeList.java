package org.irqbypass.kvm;

import org.jspecify.annotations.Nullable;

/**
 * A list whose readers take no lock ({@code list_add_rcu()}): newest first, linked through its
 * nodes. Writers come one at a time, under a lock of the owner's. A reader that stands on a node
 * while it is removed goes on from there: the node keeps its successor, and the collector keeps the
 * node. Adding and removing cost the same however long the list is.
 */
final class SafeList<T> {
  /** A place in the list. */
  static final class Node<T> {
    final T value;

    /** Written under the owner's lock; a volatile write publishes the node behind it. */
    private volatile @Nullable Node<T> next;

    private @Nullable Node<T> previous;

    Node(T value) {
      this.value = value;
    }

    @Nullable Node<T> next() {
      return next;
    }
  }

  private volatile @Nullable Node<T> first;

  @Nullable Node<T> first() {
    return first;
  }

  Node<T> addFirst(T value) {
    Node<T> node = new Node<>(value);
    Node<T> after = first;
    node.next = after;
    if (after != null) {
      after.previous = node;
    }
    first = node;
    return node;
  }

  void remove(Node<T> node) {
    Node<T> before = node.previous;
    Node<T> after = node.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
  }
}
