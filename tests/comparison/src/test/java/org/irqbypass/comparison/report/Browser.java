package org.irqbypass.comparison.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One tab of a headless Chromium, driven by its DevTools protocol: real key presses and clicks, and
 * everything that the page complains of.
 */
final class Browser implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int PATIENCE_SECONDS = 60;
  private static final Pattern LISTENING = Pattern.compile("ws://([^/]+)/devtools/browser/\\S+");
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private static final Splitter PATHS = Splitter.on(File.pathSeparatorChar).omitEmptyStrings();

  private final Process process;
  private final WebSocket socket;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<JsonNode>> awaited = new ConcurrentHashMap<>();
  private final List<String> problems = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** Where Chromium is, if there is one. */
  static Optional<Path> find() {
    for (String directory : PATHS.split(System.getenv().getOrDefault("PATH", ""))) {
      for (String name : NAMES) {
        Path program = Path.of(directory, name);
        if (Files.isExecutable(program)) {
          return Optional.of(program);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Starts a browser.
   *
   * @param program where it is
   * @param profile an empty directory for what it keeps
   */
  Browser(Path program, Path profile) throws IOException {
    process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--user-data-dir=" + profile,
                "--remote-debugging-port=0",
                "about:blank")
            .redirectErrorStream(true)
            .start();
    String address = address(process.inputReader(StandardCharsets.UTF_8));
    HttpClient client = HttpClient.newHttpClient();
    socket =
        client
            .newWebSocketBuilder()
            .buildAsync(URI.create(tab(client, address)), new Messages())
            .join();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", JSON.createObjectNode());
    }
  }

  private static String address(BufferedReader output) throws IOException {
    List<String> said = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      Matcher listening = LISTENING.matcher(line);
      if (listening.find()) {
        return listening.group(1);
      }
      said.add(line);
    }
    throw new IOException("the browser did not start: " + said);
  }

  private static String tab(HttpClient client, String address) throws IOException {
    try {
      HttpRequest list = HttpRequest.newBuilder(URI.create("http://" + address + "/json")).build();
      for (JsonNode target :
          JSON.readTree(client.send(list, HttpResponse.BodyHandlers.ofString()).body())) {
        if (target.get("type").asText().equals("page")) {
          return target.get("webSocketDebuggerUrl").asText();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new IOException("the browser has no tab");
  }

  /** Opens a file, on a screen of a size, and waits until it is loaded. */
  void open(Path page, int width, int height) {
    resize(width, height);
    problems.clear();
    requests.clear();
    CompletableFuture<JsonNode> loaded = new CompletableFuture<>();
    awaited.put("Page.loadEventFired", loaded);
    call("Page.navigate", JSON.createObjectNode().put("url", page.toUri().toString()));
    await(loaded);
  }

  /** Makes the screen another size. */
  void resize(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        JSON.createObjectNode()
            .put("width", width)
            .put("height", height)
            .put("deviceScaleFactor", 1)
            .put("mobile", false));
  }

  /** Lets the reader prefer light or dark. */
  void prefer(String colours) {
    ObjectNode media = JSON.createObjectNode();
    media
        .putArray("features")
        .addObject()
        .put("name", "prefers-color-scheme")
        .put("value", colours);
    call("Emulation.setEmulatedMedia", media);
  }

  /** What an expression of JavaScript comes to. */
  JsonNode evaluate(String expression) {
    JsonNode answer =
        call(
            "Runtime.evaluate",
            JSON.createObjectNode().put("expression", expression).put("returnByValue", true));
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
    }
    return answer.at("/result/value");
  }

  /** Presses a key and lets it go. */
  void press(String key) {
    for (String type : List.of("rawKeyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          JSON.createObjectNode().put("type", type).put("key", key).put("code", key));
    }
  }

  /** Clicks in the middle of an element. */
  void click(String selector) {
    String element = "document.querySelector(" + JSON.getNodeFactory().textNode(selector) + ")";
    evaluate(element + ".scrollIntoView({block: 'center', behavior: 'instant'})");
    JsonNode middle =
        evaluate(
            "(() => { const b = "
                + element
                + ".getBoundingClientRect();"
                + " return [b.x + b.width / 2, b.y + b.height / 2]; })()");
    for (String type : List.of("mousePressed", "mouseReleased")) {
      call(
          "Input.dispatchMouseEvent",
          JSON.createObjectNode()
              .put("type", type)
              .put("x", middle.get(0).asDouble())
              .put("y", middle.get(1).asDouble())
              .put("button", "left")
              .put("clickCount", 1));
    }
  }

  /** Errors and warnings of the page since it was opened. */
  List<String> problems() {
    evaluate("0"); // what the page said before has arrived then
    return problems;
  }

  /** What the page has asked for besides itself. */
  List<String> requests() {
    return requests;
  }

  private JsonNode call(String method, ObjectNode parameters) {
    int id = calls.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    ObjectNode call = JSON.createObjectNode().put("id", id).put("method", method);
    call.set("params", parameters);
    socket.sendText(call.toString(), true).join();
    JsonNode got = await(answer);
    if (got.has("error")) {
      throw new IllegalStateException(method + ": " + got.get("error"));
    }
    return got.get("result");
  }

  private static JsonNode await(CompletableFuture<JsonNode> future) {
    return future.orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
  }

  @Override
  public void close() {
    call("Browser.close", JSON.createObjectNode()); // it tidies up behind itself
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** What the browser says, in parts. */
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder parts = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      parts.append(part);
      if (last) {
        String whole = parts.toString();
        parts.setLength(0);
        try {
          take(JSON.readTree(whole));
        } catch (IOException e) {
          problems.add("not JSON: " + whole);
        }
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }

    private void take(JsonNode message) {
      if (message.has("id")) {
        CompletableFuture<JsonNode> asked = answers.remove(message.get("id").asInt());
        if (asked != null) {
          asked.complete(message);
        }
        return;
      }
      JsonNode about = message.path("params");
      String event = message.path("method").asText();
      switch (event) {
        case "Runtime.exceptionThrown" ->
            problems.add(about.at("/exceptionDetails/exception/description").asText());
        case "Runtime.consoleAPICalled" -> {
          if (!about.path("type").asText().equals("log")) {
            problems.add(about.path("args").toString());
          }
        }
        case "Log.entryAdded" -> problems.add(about.at("/entry/text").asText());
        case "Network.requestWillBeSent" -> requests.add(about.at("/request/url").asText());
        default -> {}
      }
      CompletableFuture<JsonNode> waiting = awaited.remove(event);
      if (waiting != null) {
        waiting.complete(about);
      }
    }
  }
}
