package org.irqbypass.scenario;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * A file of text, plain or gzipped, read with bounded memory whatever it contains. Its complaints
 * name the file and the line.
 */
final class BoundedInput implements Closeable {
  /** A line may have this many bytes. The longest recorded is a twentieth of it. */
  static final int LONGEST_LINE = 4 << 20;

  /** A document that is read as a whole may have this many bytes. */
  static final int LONGEST_DOCUMENT = 1 << 20;

  /**
   * Unpacked, a file that is read line by line may have this many bytes, ten times the longest
   * recorded.
   */
  static final long LONGEST_FILE = 64L << 20;

  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private final String source;
  private final InputStream in;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream(4096);
  private int lineNumber;
  private long readBefore;

  private BoundedInput(String source, InputStream in) {
    this.source = source;
    this.in = in;
  }

  static BoundedInput open(Path file) {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      throw new InputException(new Position(source, 0, 0), "this is a directory");
    }
    try {
      return open(source, Files.newInputStream(file));
    } catch (NoSuchFileException missing) {
      throw new InputException(new Position(source, 0, 0), "there is no such file");
    } catch (AccessDeniedException denied) {
      throw new InputException(new Position(source, 0, 0), "the file may not be read");
    } catch (IOException unreadable) {
      throw new InputException(
          new Position(source, 0, 0), "the file cannot be read: " + unreadable.getMessage());
    }
  }

  /** Takes over a stream; finds out by itself whether it is gzipped. */
  static BoundedInput open(String source, InputStream stream) {
    BufferedInputStream in = new BufferedInputStream(stream, 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return new BoundedInput(
          source, gzip ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16) : in);
    } catch (IOException damaged) {
      throw new InputException(new Position(source, 0, 0), problem(damaged));
    }
  }

  private static String problem(IOException thrown) {
    if (thrown instanceof EOFException) {
      return "the gzip data ends too early";
    }
    if (thrown instanceof ZipException) {
      return "the gzip data is damaged";
    }
    return "the file cannot be read: " + thrown.getMessage();
  }

  String source() {
    return source;
  }

  /** The number of the line last read, from 1. */
  int lineNumber() {
    return lineNumber;
  }

  /** The next line without its end; null at the end of the file. */
  @Nullable String readLine() {
    readBefore += line.size() + 1;
    line.reset();
    lineNumber++;
    if (readBefore > LONGEST_FILE) {
      throw complaint(1, "the file is longer than " + LONGEST_FILE + " bytes");
    }
    try {
      int c = in.read();
      if (c < 0) {
        return null;
      }
      for (; c >= 0 && c != '\n'; c = in.read()) {
        if (line.size() == LONGEST_LINE) {
          throw complaint(1, "the line is longer than " + LONGEST_LINE + " bytes");
        }
        append(c);
      }
    } catch (IOException damaged) {
      throw complaint(1, problem(damaged));
    }
    return decode();
  }

  /** Everything, as one text. */
  String readAll() {
    line.reset();
    lineNumber = 1;
    try {
      for (int c = in.read(); c >= 0; c = in.read()) {
        if (line.size() == LONGEST_DOCUMENT) {
          throw new InputException(
              new Position(source, 0, 0), "the file is longer than " + LONGEST_DOCUMENT + " bytes");
        }
        append(c);
      }
    } catch (IOException damaged) {
      throw new InputException(new Position(source, 0, 0), problem(damaged));
    }
    return decode();
  }

  private void append(int c) {
    if (c == 0) {
      throw complaint(line.size() + 1, "this is no text: there is a zero byte");
    }
    line.write(c);
  }

  /** What was read as text, without the mark that some programs put before UTF-8. */
  private String decode() {
    CharBuffer text = CharBuffer.allocate(line.size());
    CoderResult result =
        StandardCharsets.UTF_8
            .newDecoder()
            .decode(ByteBuffer.wrap(line.toByteArray()), text, /* endOfInput= */ true);
    String decoded = text.flip().toString();
    if (result.isError()) {
      int lineStart = decoded.lastIndexOf('\n') + 1;
      lineNumber += (int) decoded.chars().filter(c -> c == '\n').count();
      throw complaint(decoded.length() - lineStart + 1, "this is no UTF-8 text");
    }
    return lineNumber == 1 && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.substring(1) : decoded;
  }

  private InputException complaint(int column, String problem) {
    return new InputException(new Position(source, lineNumber, column), problem);
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException ignored) {
      // what was read has been read
    }
  }
}
