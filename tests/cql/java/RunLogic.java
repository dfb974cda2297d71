// Runs the population logic over charts in the Java engine: java -cp ... RunLogic.java FOLDER < charts.json > answers.json
//
// In and out as in run.mjs. The CQL is compiled by the engine's own translator, as record systems do it that find no ELM
// of their translator's version. A chart that the parser cannot read is {"unread": "..."}: no record system could hold it.

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.lang3.tuple.Pair;
import org.cqframework.cql.cql2elm.CqlCompilerOptions;
import org.cqframework.cql.cql2elm.LibraryManager;
import org.cqframework.cql.cql2elm.LibrarySourceProvider;
import org.cqframework.cql.cql2elm.ModelManager;
import org.hl7.elm.r1.VersionedIdentifier;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.opencds.cqf.cql.engine.data.CompositeDataProvider;
import org.opencds.cqf.cql.engine.data.DataProvider;
import org.opencds.cqf.cql.engine.execution.CqlEngine;
import org.opencds.cqf.cql.engine.execution.Environment;
import org.opencds.cqf.cql.engine.execution.EvaluationResult;
import org.opencds.cqf.cql.engine.fhir.model.R4FhirModelResolver;
import org.opencds.cqf.cql.engine.runtime.Code;

public class RunLogic {
    private static final Pattern HEAD = Pattern.compile("library (\\S+) version '([^']+)'");
    private static final Pattern FACT = Pattern.compile("(?m)^define \"?([a-z][a-z0-9_]*)\"?:");
    private static final ObjectMapper JSON = new ObjectMapper();

    record Library(VersionedIdentifier name, String cql, TreeSet<String> facts) {}

    private final Map<String, Library> libraries = new HashMap<>();
    private final Map<String, List<Object>> held = new HashMap<>();
    private final IParser parser = FhirContext.forR4Cached().newJsonParser();
    private final Path folder;
    private final CqlEngine engine;

    RunLogic(Path folder) {
        this.folder = folder;
        LenientErrorHandler lenient = new LenientErrorHandler();
        lenient.setErrorOnInvalidValue(false);
        lenient.disableAllErrors();
        parser.setParserErrorHandler(lenient);
        LibraryManager manager = new LibraryManager(new ModelManager(), CqlCompilerOptions.defaultOptions());
        manager.getLibrarySourceLoader().registerProvider(new LibrarySourceProvider() {
            @Override
            public InputStream getLibrarySource(VersionedIdentifier asked) {
                return libraries.values().stream()
                    .filter(one -> one.name().getId().equals(asked.getId()) && one.name().getVersion().equals(asked.getVersion()))
                    .findFirst().map(one -> new ByteArrayInputStream(one.cql().getBytes())).orElse(null);
            }
        });
        DataProvider data = new CompositeDataProvider(new R4FhirModelResolver(),
            (context, path, value, type, template, codePath, codes, valueSet, datePath, low, high, range) ->
                held.getOrDefault(type, List.of()).stream()
                    .filter(one -> !type.equals("Patient") || ((IBaseResource) one).getIdElement().getIdPart().equals(value))
                    .toList());
        engine = new CqlEngine(new Environment(manager, Map.of("http://hl7.org/fhir", data), null));
    }

    Library library(String file) throws Exception {
        if (!libraries.containsKey(file)) {
            String cql = Files.readString(folder.resolve(file + ".cql"));
            Matcher head = HEAD.matcher(cql);
            if (!head.find()) throw new IllegalStateException(file + " names no library");
            TreeSet<String> facts = new TreeSet<>();
            Matcher fact = FACT.matcher(cql);
            while (fact.find()) facts.add(fact.group(1));
            libraries.put(file, new Library(new VersionedIdentifier().withId(head.group(1)).withVersion(head.group(2)), cql, facts));
        }
        return libraries.get(file);
    }

    ObjectNode answers(JsonNode chart) throws Exception {
        ObjectNode told = JSON.createObjectNode();
        held.clear();
        String patient = chart.get("patient").asText();
        try {
            for (JsonNode one : chart.get("resources")) {
                IBaseResource resource = parser.parseResource(JSON.writeValueAsString(one));
                held.computeIfAbsent(resource.fhirType(), kind -> new ArrayList<>()).add(resource);
            }
        } catch (DataFormatException error) {
            return told.put("unread", String.valueOf(error.getMessage()));
        }
        Library library = library(chart.get("library").asText());
        ZonedDateTime today = ZonedDateTime.parse(chart.get("today").asText() + "T12:00:00Z");
        try {
            EvaluationResult found = engine.evaluate(
                library.name(), library.facts(), Pair.of("Patient", patient), null, null, today);
            for (String fact : library.facts()) put(told, fact, found.forExpression(fact).value());
        } catch (RuntimeException error) {
            return JSON.createObjectNode().put("error", String.valueOf(error.getMessage()));
        }
        return told;
    }

    private static void put(ObjectNode told, String fact, Object value) {
        if (value == null) told.putNull(fact);
        else if (value instanceof Boolean yes) told.put(fact, yes);
        else if (value instanceof Integer number) told.put(fact, number);
        else if (value instanceof java.math.BigDecimal number) told.put(fact, number);
        else if (value instanceof Code code) told.put(fact, code.getCode());
        else throw new IllegalStateException(fact + " is of another type: " + value.getClass());
    }

    public static void main(String[] arguments) throws Exception {
        RunLogic runs = new RunLogic(Path.of(arguments[0]));
        ObjectNode told = JSON.createObjectNode();
        for (JsonNode chart : JSON.readTree(System.in)) told.set(chart.get("id").asText(), runs.answers(chart));
        System.out.println(JSON.writeValueAsString(told));
    }
}
