package org.irqbypass.comparison.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;

/** Writes a run for programs, in the form that {@code run.schema.json} describes. */
final class RunJson {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private RunJson() {}

  /** The run. */
  static ObjectNode of(Journal journal) {
    Trial trial = journal.trial();
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    scenario(root.putObject("scenario"), journal.scenario());
    contender(root.putObject("contender"), trial.contender());
    ArrayNode steps = root.putArray("steps");
    journal.entries().forEach(entry -> step(steps.addObject(), entry));
    Account account = trial.account();
    totals(root.putObject("totals"), account);
    root.set("account", MAPPER.valueToTree(account));
    return root;
  }

  private static void scenario(ObjectNode json, Scenario scenario) {
    json.put("name", scenario.name());
    json.put("title", scenario.title());
    json.put("about", scenario.about());
    json.put("platform", scenario.platform());
    json.put("profile", scenario.profile().name());
  }

  private static void contender(ObjectNode json, Contender contender) {
    json.put("name", contender.label());
    json.put("description", contender.description());
    json.put("explicit", contender.isExplicit());
  }

  private static void step(ObjectNode json, Journal.Entry entry) {
    Operation operation = entry.step().operation();
    json.put("index", entry.step().index());
    json.put("phase", entry.step().phase());
    json.put("actor", entry.step().actor());
    track(json.putObject("track"), entry.track());
    json.put("begin", entry.span().begin());
    json.put("end", entry.span().end());
    json.put("operation", operation.name());
    ObjectNode arguments = json.putObject("arguments");
    operation.arguments().forEach(arguments::put);
    json.put("text", operation.toText());
    json.put("caption", entry.caption());
    result(json.putObject("result"), entry.step().outcome());
    json.put("forwarding", entry.note().forwarding());
    json.put("why", entry.note().why());
    ArrayNode messages = json.putArray("messages");
    entry.note().story().messages().forEach(message -> message(messages.addObject(), message));
    ArrayNode facts = json.putArray("facts");
    entry.note().facts().forEach(fact -> facts.add(fact(fact)));
    ArrayNode trace = json.putArray("trace");
    entry.moments().forEach(moment -> moment(trace.addObject(), moment));
  }

  private static void track(ObjectNode json, Track track) {
    json.put("process", track.process());
    json.put("thread", track.thread());
  }

  private static void result(ObjectNode json, Outcome outcome) {
    json.put("ret", outcome.ret());
    json.put("errno", outcome.errno() == null ? null : outcome.errno().name());
    json.set("out", MAPPER.valueToTree(outcome.out()));
  }

  private static void message(ObjectNode json, Message message) {
    json.put("from", message.from().title());
    json.put("to", message.to().title());
    json.put("text", message.text());
    json.put("kind", lower(message.kind()));
  }

  private static JsonNode fact(Fact fact) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("fact", lower(fact.getClass().getSimpleName()));
    json.setAll((ObjectNode) MAPPER.valueToTree(fact));
    return json;
  }

  private static void moment(ObjectNode json, Journal.Moment moment) {
    @Nullable Tracepoint tracepoint = moment.tracepoint();
    json.put("time", moment.nanos());
    track(json.putObject("track"), moment.track());
    json.put("event", EventLabel.type(moment.event()));
    json.put("linux", tracepoint == null ? null : tracepoint.toString());
  }

  private static void totals(ObjectNode json, Account account) {
    json.put("raised", account.raised());
    json.put("untriggered", account.untriggered());
    json.put("coalesced", account.coalesced());
    json.put("masked", account.masked());
    json.put("delivered", account.delivered());
    json.put("bypassed", account.bypassed());
    json.put("lost", account.lost());
    json.put("duplicated", account.duplicated());
    json.put("misdirected", account.misdirected());
    json.put("window", account.window());
  }

  private static String lower(Object word) {
    return word.toString().toLowerCase(Locale.ROOT);
  }
}
