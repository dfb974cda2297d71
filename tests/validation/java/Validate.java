import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Holds resources to R4 and to the guides of an edition, by HL7's own validator, without a terminology server.
 *
 * Arguments: for each edition EDITION=FOLDER, a folder of guides as their packages. Standard input: one request a line,
 * {"id", "edition", "profiles", "resource", "received"}. Standard output: one answer a line, {"id", "issues"}, and where
 * there are some "received": the errors of what came in, by the same rules.
 */
public class Validate {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final FhirContext R4 = FhirContext.forR4();
    private static final Set<String> READ = Set.of("StructureDefinition", "ValueSet", "CodeSystem");

    public static void main(String[] editions) throws IOException {
        PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
        R4.setParserErrorHandler(new LenientErrorHandler(false));
        IValidationSupport base = new DefaultProfileValidationSupport(R4);
        // Reading the guides, and looking at resources, is spread over the processors; answers keep their order.
        Map<String, FhirValidator> validators = Arrays.stream(editions).parallel().map(edition -> edition.split("=", 2))
                .collect(Collectors.toMap(parts -> parts[0], parts -> validator(base, Path.of(parts[1]))));
        List<String> lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).lines().toList();
        lines.parallelStream().map(line -> answer(validators, line)).forEachOrdered(out::println);
        out.flush();
    }

    private static String answer(Map<String, FhirValidator> validators, String line) {
        try {
            JsonNode asked = JSON.readTree(line);
            ObjectNode answer = JSON.createObjectNode();
            answer.set("id", asked.get("id"));
            FhirValidator validator = validators.get(asked.get("edition").asText());
            ArrayNode found = errors(validator, asked.get("resource"), asked.get("profiles"));
            answer.set("issues", found);
            if (!found.isEmpty()) {
                ArrayNode received = answer.putArray("received");
                for (JsonNode one : asked.get("received")) {
                    received.addAll(errors(validator, one, asked.get("profiles")));
                }
            }
            return JSON.writeValueAsString(answer);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static FhirValidator validator(IValidationSupport base, Path folder) {
        PrePopulatedValidationSupport guides = new PrePopulatedValidationSupport(R4);
        try (var files = Files.list(folder)) {
            for (Path one : files.filter(it -> it.toString().endsWith(".tgz")).sorted().toList()) {
                load(one, guides);
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        FhirInstanceValidator module = new FhirInstanceValidator(new ValidationSupportChain(
                guides, base, new CommonCodeSystemsTerminologyService(R4),
                new InMemoryTerminologyServerValidationSupport(R4), new SnapshotGeneratingValidationSupport(R4)));
        module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
        module.setErrorForUnknownProfiles(false);
        module.setAnyExtensionsAllowed(false);
        module.setNoTerminologyChecks(false);
        return R4.newValidator().registerValidatorModule(module);
    }

    private static void load(Path file, PrePopulatedValidationSupport guides) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(raw))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (name.endsWith(".json") && READ.contains(name.split("-", 2)[0])) {
                    String text = new String(tar.readAllBytes(), StandardCharsets.UTF_8);
                    guides.addResource((IBaseResource) R4.newJsonParser().parseResource(text));
                }
            }
        }
    }

    /** The errors of a resource by its own profiles, and by those of its type that were asked for. */
    private static ArrayNode errors(FhirValidator validator, JsonNode resource, JsonNode profiles) throws IOException {
        String kind = "profile-" + resource.path("resourceType").asText().toLowerCase(Locale.ROOT);
        ValidationOptions options = new ValidationOptions();
        for (JsonNode one : profiles) {
            if (one.asText().contains(kind)) {
                options.addProfile(one.asText());
            }
        }
        ArrayNode errors = JSON.createArrayNode();
        try {
            for (SingleValidationMessage one : validator.validateWithResult(JSON.writeValueAsString(resource), options).getMessages()) {
                if (one.getSeverity().compareTo(ResultSeverityEnum.ERROR) >= 0) {
                    add(errors, one.getLocationString(), one.getMessageId(), one.getMessage());
                }
            }
        } catch (RuntimeException unreadable) {
            add(errors, "", "unreadable", String.valueOf(unreadable.getMessage()));
        }
        return errors;
    }

    private static void add(ArrayNode errors, String place, String key, String message) {
        errors.addObject().put("place", place).put("key", key).put("message", message);
    }
}
