// Fills in forms as HAPI does that is asked for $populate: java -cp ... Populate.java BASE < charts.json > filled.json
//
// In:  [{"id", "form": the form's canonical, "patient", "resources": [...]}, ...]; BASE is where forms, libraries and
//      value sets are read, the content endpoint of the operation
// Out: {id: {"answers": {linkId: value}, "failed": [what went wrong]}}, or {id: {"unread": why the chart is no chart}}

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.repository.IRepository;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.hl7.fhir.r4.model.Bundle;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.Endpoint;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.QuestionnaireResponse;
import org.hl7.fhir.r4.model.QuestionnaireResponse.QuestionnaireResponseItemComponent;
import org.hl7.fhir.r4.model.Resource;
import org.opencds.cqf.fhir.cr.CrSettings;
import org.opencds.cqf.fhir.cr.questionnaire.QuestionnaireProcessor;
import org.opencds.cqf.fhir.utility.monad.Eithers;
import org.opencds.cqf.fhir.utility.repository.InMemoryFhirRepository;
import org.opencds.cqf.fhir.utility.repository.Repositories;

public class Populate {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final FhirContext context = FhirContext.forR4();
    private final IParser parser = context.newJsonParser();
    private final CrSettings settings = CrSettings.getDefault();
    private final IRepository content;

    Populate(String base) {
        LenientErrorHandler lenient = new LenientErrorHandler();
        lenient.setErrorOnInvalidValue(false);
        lenient.disableAllErrors();
        parser.setParserErrorHandler(lenient);
        context.setValidationSupport(new DefaultProfileValidationSupport(context));
        content = Repositories.createRestRepository(context, new Endpoint().setAddress(base));
    }

    ObjectNode filled(JsonNode chart) throws Exception {
        Bundle data = new Bundle().setType(Bundle.BundleType.COLLECTION);
        ObjectNode said = JSON.createObjectNode();
        try {
            for (JsonNode one : chart.get("resources")) {
                data.addEntry().setResource((Resource) parser.parseResource(JSON.writeValueAsString(one)));
            }
        } catch (DataFormatException error) {
            return said.put("unread", String.valueOf(error.getMessage()));
        }
        IRepository own = Repositories.proxy(new InMemoryFhirRepository(context, data), true, null, content, content);
        ObjectNode answers = said.putObject("answers");
        ArrayNode failed = said.putArray("failed");
        try {
            QuestionnaireResponse response = (QuestionnaireResponse) new QuestionnaireProcessor(own, settings).populate(
                Eithers.for3(new CanonicalType(chart.get("form").asText()), null, null),
                "Patient/" + chart.get("patient").asText(), null, null, null, true, (IRepository) null, content, content);
            take(response.getItem(), answers);
            for (Resource one : response.getContained()) {
                if (one instanceof OperationOutcome outcome) outcome.getIssue().forEach(issue -> failed.add(issue.getDiagnostics()));
            }
        } catch (RuntimeException error) {
            failed.add(String.valueOf(error));
        }
        return said;
    }

    private static void take(List<QuestionnaireResponseItemComponent> items, ObjectNode answers) {
        for (QuestionnaireResponseItemComponent item : items) {
            take(item.getItem(), answers);
            item.getAnswer().stream().filter(one -> one.hasValue()).forEach(one -> {
                if (one.getValue() instanceof Coding coding) answers.put(item.getLinkId(), coding.getCode());
                else answers.set(item.getLinkId(), JSON.valueToTree(plain(one.getValue().primitiveValue())));
            });
        }
    }

    private static Object plain(String value) {
        try {
            return JSON.readTree(value);
        } catch (Exception error) {
            return value;
        }
    }

    public static void main(String[] arguments) throws Exception {
        Populate hapi = new Populate(arguments[0]);
        ObjectNode said = JSON.createObjectNode();
        for (JsonNode chart : JSON.readTree(System.in)) said.set(chart.get("id").asText(), hapi.filled(chart));
        System.out.println(JSON.writeValueAsString(said));
    }
}
