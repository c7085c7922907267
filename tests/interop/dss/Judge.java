import eu.europa.esig.dss.enumerations.Indication;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;

/**
 * Validates files with EU DSS, under its own policy and with no network.
 *
 * <p>A question is a line: the root certificate, the moment (seconds), the signed file, then the
 * files that it signs and does not hold, evidence records over it (`record=` and the file), and
 * where to write a validation report (`report=` and the file), separated by tabs. The answer is a
 * line for each signature, and END.
 */
public final class Judge {
    private static final String RECORD = "record=";
    private static final String REPORT = "report=";
    private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    private Judge() {}

    public static void main(String[] none) throws Exception {
        var asked = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = asked.readLine(); line != null; line = asked.readLine()) {
            try {
                judge(line.split("\t"));
            } catch (Exception error) {
                OUT.println("ERROR\t" + String.valueOf(error).replaceAll("\\s+", " "));
            }
            OUT.println("END");
        }
    }

    private static void judge(String[] asked) throws Exception {
        var trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(asked[0])));
        var verifier = new CommonCertificateVerifier();
        verifier.setTrustedCertSources(trusted);
        var validator = SignedDocumentValidator.fromDocument(new FileDocument(asked[2]));
        validator.setCertificateVerifier(verifier);
        validator.setValidationTime(new Date(Long.parseLong(asked[1]) * 1000));
        List<DSSDocument> beside = new ArrayList<>();
        List<DSSDocument> records = new ArrayList<>();
        List<Path> reports = new ArrayList<>();
        for (int number = 3; number < asked.length; number++) {
            if (asked[number].startsWith(RECORD)) {
                records.add(new FileDocument(asked[number].substring(RECORD.length())));
            } else if (asked[number].startsWith(REPORT)) {
                reports.add(Path.of(asked[number].substring(REPORT.length())));
            } else {
                beside.add(new FileDocument(asked[number]));
            }
        }
        validator.setDetachedContents(beside);
        if (!records.isEmpty()) validator.setDetachedEvidenceRecordDocuments(records);
        var validated = validator.validateDocument();
        for (Path kept : reports) Files.writeString(kept, validated.getXmlValidationReport());
        var report = validated.getSimpleReport();
        if (report.getSignatureIdList().isEmpty()) judgeStamps(report);
        for (String id : report.getSignatureIdList()) {
            OUT.println(String.join("\t", "SIGNATURE", String.valueOf(report.getSignatureFormat(id)),
                    String.valueOf(report.getIndication(id)), String.valueOf(report.getSubIndication(id)),
                    String.valueOf(report.getSignedBy(id)), messages(report, id)));
        }
    }

    /** Of what has no signature, the evidence records, and the time-stamps, the oldest first. */
    private static void judgeStamps(SimpleReport report) {
        for (String id : report.getEvidenceRecordIdList()) {
            OUT.println(String.join("\t", "SIGNATURE", "EVIDENCE-RECORD", String.valueOf(report.getIndication(id)),
                    String.valueOf(report.getSubIndication(id)), String.valueOf(report.getEvidenceRecordPOE(id).getTime())));
        }
        for (String id : report.getTimestampIdList()) {
            OUT.println(String.join("\t", "SIGNATURE", "TIME-STAMP", String.valueOf(report.getIndication(id)),
                    String.valueOf(report.getSubIndication(id)), String.valueOf(report.getProducedBy(id))));
        }
    }

    private static String messages(SimpleReport report, String id) {
        List<String> told = new ArrayList<>();
        for (Message one : report.getAdESValidationErrors(id)) told.add(one.getValue());
        for (Message one : report.getAdESValidationWarnings(id)) told.add(one.getValue());
        for (var stamp : report.getSignatureTimestamps(id)) {
            if (stamp.getIndication() != Indication.PASSED) {
                told.add("time-stamp: " + stamp.getIndication() + " " + stamp.getSubIndication());
            }
        }
        for (var record : report.getSignatureEvidenceRecords(id)) {
            if (record.getIndication() != Indication.PASSED) {
                told.add("evidence record: " + record.getIndication() + " " + record.getSubIndication());
            }
        }
        return String.join("\t", told).replaceAll("[\\r\\n]+", " ");
    }
}
