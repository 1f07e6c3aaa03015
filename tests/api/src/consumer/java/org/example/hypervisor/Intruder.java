package org.example.hypervisor;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;

/** Tries by reflection to get at everything of a type that the type does not offer. */
public final class Intruder {
  private Intruder() {}

  /** Prints for each type named how many of its hidden members opened up, and how many did not. */
  public static void main(String[] typeNames) throws ClassNotFoundException {
    for (String typeName : typeNames) {
      int opened = 0;
      int refused = 0;
      for (AccessibleObject member : hidden(Class.forName(typeName))) {
        try {
          member.setAccessible(true);
          opened++;
        } catch (InaccessibleObjectException e) {
          refused++;
        }
      }
      System.out.println(typeName + " opened=" + (opened > 0) + " refused=" + (refused > 0));
    }
  }

  private static List<AccessibleObject> hidden(Class<?> type) {
    List<AccessibleObject> members = new ArrayList<>();
    boolean isOffered = Modifier.isPublic(type.getModifiers());
    for (var field : type.getDeclaredFields()) {
      if (!isOffered || !Modifier.isPublic(field.getModifiers())) {
        members.add(field);
      }
    }
    for (var method : type.getDeclaredMethods()) {
      if (!isOffered || !Modifier.isPublic(method.getModifiers())) {
        members.add(method);
      }
    }
    for (var constructor : type.getDeclaredConstructors()) {
      if (!isOffered || !Modifier.isPublic(constructor.getModifiers())) {
        members.add(constructor);
      }
    }
    return members;
  }
}
