import eu.europa.esig.dss.signature.AbstractSignatureParameters;
import eu.europa.esig.dss.alert.SilentOnStatusAlert;
import eu.europa.esig.dss.asic.cades.ASiCWithCAdESSignatureParameters;
import eu.europa.esig.dss.asic.cades.ASiCWithCAdESTimestampParameters;
import eu.europa.esig.dss.asic.cades.signature.ASiCWithCAdESService;
import eu.europa.esig.dss.asic.xades.ASiCWithXAdESSignatureParameters;
import eu.europa.esig.dss.asic.xades.signature.ASiCWithXAdESService;
import eu.europa.esig.dss.cades.CAdESSignatureParameters;
import eu.europa.esig.dss.cades.signature.CAdESService;
import eu.europa.esig.dss.enumerations.ASiCContainerType;
import eu.europa.esig.dss.enumerations.CertificationPermission;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.JWSSerializationType;
import eu.europa.esig.dss.enumerations.SigDMechanism;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.jades.JAdESSignatureParameters;
import eu.europa.esig.dss.jades.signature.JAdESService;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.ToBeSigned;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.signature.DocumentSignatureService;
import eu.europa.esig.dss.signature.MultipleDocumentsSignatureService;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.spi.x509.tsp.KeyEntityTSPSource;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import eu.europa.esig.dss.xml.common.definition.DSSNamespace;
import java.io.File;
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;

/**
 * Signs files with EU DSS, in every format, packaging and level.
 *
 * <p>Arguments: a folder with root.cer, signer.p12, clock.p12 (password "tra"), *.crl, a.txt, b.txt,
 * a.xml, b.xml (its root has an Id), a.json, a.pdf, b.pdf (its cross-references in a stream); the
 * moment (seconds). What is made is written beside them, named after what it is.
 */
public final class Maker {
    private static final String[] LEVELS = {"B", "T", "LT", "LTA"};
    private static final String[] OLD_LEVELS = {"C", "X", "XL", "A"};
    private static final char[] PASSWORD = "tra".toCharArray();

    private final File folder;
    private final Date at;
    private final PrivateKey key;
    private final List<CertificateToken> chain = new ArrayList<>();
    private final CommonCertificateVerifier verifier = new CommonCertificateVerifier();
    private final KeyEntityTSPSource clock;

    private Maker(File folder, Date at) throws Exception {
        this.folder = folder;
        this.at = at;
        KeyStore signer = store("signer.p12");
        key = (PrivateKey) signer.getKey("signer", PASSWORD);
        for (var certificate : signer.getCertificateChain("signer")) {
            chain.add(new CertificateToken((X509Certificate) certificate));
        }
        clock = new KeyEntityTSPSource(store("clock.p12"), "clock", PASSWORD);
        clock.setTsaPolicy("1.2.3.4.1");
        clock.setProductionTime(at);
        var trusted = new CommonTrustedCertificateSource();
        trusted.addCertificate(DSSUtils.loadCertificate(new File(folder, "root.cer")));
        verifier.setTrustedCertSources(trusted);
        var crls = folder.listFiles((in, name) -> name.endsWith(".crl"));
        verifier.setCrlSource(new ExternalResourcesCRLSource(
                Arrays.stream(crls).map(FileInputStreams::open).toArray(java.io.InputStream[]::new)));
        verifier.setAlertOnExpiredCertificate(new SilentOnStatusAlert());
        verifier.setAlertOnMissingRevocationData(new SilentOnStatusAlert());
        verifier.setAlertOnNoRevocationAfterBestSignatureTime(new SilentOnStatusAlert());
        verifier.setAlertOnInvalidTimestamp(new SilentOnStatusAlert());
        verifier.setAlertOnUncoveredPOE(new SilentOnStatusAlert());
        verifier.setAlertOnNotYetValidCertificate(new SilentOnStatusAlert());
    }

    public static void main(String[] asked) throws Exception {
        new Maker(new File(asked[0]), new Date(Long.parseLong(asked[1]) * 1000)).make();
    }

    private void make() throws Exception {
        var early = new XAdESSignatureParameters();
        early.setSignatureLevel(SignatureLevel.XAdES_BASELINE_B);
        early.setSignaturePackaging(SignaturePackaging.ENVELOPED);
        early.setEn319132(false);
        early.setXadesNamespace(new DSSNamespace("http://uri.etsi.org/01903/v1.1.1#", "xades"));
        sign(new XAdESService(verifier), early, "a.xml", "xades-1.1.1-B.xml");
        for (String level : LEVELS) {
            for (var packaging : List.of(SignaturePackaging.ENVELOPING, SignaturePackaging.DETACHED)) {
                var cades = new CAdESSignatureParameters();
                cades.setSignatureLevel(SignatureLevel.valueOf("CAdES_BASELINE_" + level));
                cades.setSignaturePackaging(packaging);
                sign(new CAdESService(verifier), cades, "a.txt", named("cades", packaging, level) + ".p7m");
            }
            for (var packaging : List.of(SignaturePackaging.ENVELOPED, SignaturePackaging.ENVELOPING,
                    SignaturePackaging.DETACHED, SignaturePackaging.INTERNALLY_DETACHED)) {
                var xades = new XAdESSignatureParameters();
                xades.setSignatureLevel(SignatureLevel.valueOf("XAdES_BASELINE_" + level));
                xades.setSignaturePackaging(packaging);
                String of = packaging == SignaturePackaging.INTERNALLY_DETACHED ? "b.xml" : "a.xml";
                sign(new XAdESService(verifier), xades, of, named("xades", packaging, level) + ".xml");
            }
            jades(level);
            var several = new XAdESSignatureParameters();
            several.setSignatureLevel(SignatureLevel.valueOf("XAdES_BASELINE_" + level));
            several.setSignaturePackaging(SignaturePackaging.DETACHED);
            signAll(new XAdESService(verifier), several, "xades-several-" + level + ".xml", "a.txt", "b.txt");
            for (var type : ASiCContainerType.values()) {
                var cades = new ASiCWithCAdESSignatureParameters();
                cades.setSignatureLevel(SignatureLevel.valueOf("CAdES_BASELINE_" + level));
                cades.aSiC().setContainerType(type);
                signAll(new ASiCWithCAdESService(verifier), cades, container("cades", type, level), "a.txt", "b.txt");
                var xades = new ASiCWithXAdESSignatureParameters();
                xades.setSignatureLevel(SignatureLevel.valueOf("XAdES_BASELINE_" + level));
                xades.aSiC().setContainerType(type);
                signAll(new ASiCWithXAdESService(verifier), xades, container("xades", type, level), "a.txt", "b.txt");
            }
            var pades = new PAdESSignatureParameters();
            pades.setSignatureLevel(SignatureLevel.valueOf("PAdES_BASELINE_" + level));
            sign(new PAdESService(verifier), pades, "a.pdf", "pades-" + level + ".pdf");
            var certifying = new PAdESSignatureParameters();
            certifying.setSignatureLevel(SignatureLevel.valueOf("PAdES_BASELINE_" + level));
            certifying.setPermission(CertificationPermission.NO_CHANGE_PERMITTED);
            sign(new PAdESService(verifier), certifying, "b.pdf", "pades-certifying-" + level + ".pdf");
        }
        timeStampContainers();
        var parallel = new CAdESSignatureParameters();
        parallel.setSignatureLevel(SignatureLevel.CAdES_BASELINE_LT);
        parallel.setSignaturePackaging(SignaturePackaging.ENVELOPING);
        sign(new CAdESService(verifier), parallel, "cades-enveloping-T.p7m", "cades-second-LT.p7m");
        var within = new ASiCWithXAdESSignatureParameters();
        within.setSignatureLevel(SignatureLevel.XAdES_BASELINE_LT);
        within.aSiC().setContainerType(ASiCContainerType.ASiC_E);
        sign(new ASiCWithXAdESService(verifier), within, "asic-xades-T.asice", "asic-second-LT.asice");
        for (String level : OLD_LEVELS) {
            for (boolean en : new boolean[] {true, false}) {
                var xades = new XAdESSignatureParameters();
                xades.setSignatureLevel(SignatureLevel.valueOf("XAdES_" + level));
                xades.setSignaturePackaging(SignaturePackaging.ENVELOPED);
                xades.setEn319132(en);
                sign(new XAdESService(verifier), xades, "a.xml", "xades-" + (en ? "V2" : "V1") + "-" + level + ".xml");
            }
        }
    }

    private void jades(String level) throws Exception {
        for (var form : JWSSerializationType.values()) {
            if (form == JWSSerializationType.COMPACT_SERIALIZATION && !level.equals("B")) {
                continue;
            }
            for (boolean base64 : new boolean[] {true, false}) {
                var jades = jadesParameters(level, form, SignaturePackaging.ENVELOPING);
                jades.setBase64UrlEncodedEtsiUComponents(base64);
                String name = "jades-" + form.name().split("_")[0] + "-" + level + (base64 ? "" : "-clear");
                sign(new JAdESService(verifier), jades, "a.json", name + ".json");
            }
        }
        for (var mechanism : List.of(SigDMechanism.OBJECT_ID_BY_URI, SigDMechanism.OBJECT_ID_BY_URI_HASH,
                SigDMechanism.NO_SIG_D)) {
            var jades = jadesParameters(level, JWSSerializationType.JSON_SERIALIZATION, SignaturePackaging.DETACHED);
            jades.setSigDMechanism(mechanism);
            sign(new JAdESService(verifier), jades, "a.json", "jades-" + mechanism.name() + "-" + level + ".json");
            if (mechanism != SigDMechanism.NO_SIG_D) {
                var several = jadesParameters(level, JWSSerializationType.JSON_SERIALIZATION, SignaturePackaging.DETACHED);
                several.setSigDMechanism(mechanism);
                String name = "jades-several-" + mechanism.name() + "-" + level + ".json";
                signAll(new JAdESService(verifier), several, name, "a.txt", "b.txt");
            }
        }
    }

    private static JAdESSignatureParameters jadesParameters(
            String level, JWSSerializationType form, SignaturePackaging packaging) {
        var jades = new JAdESSignatureParameters();
        jades.setSignatureLevel(SignatureLevel.valueOf("JAdES_BASELINE_" + level));
        jades.setSignaturePackaging(packaging);
        jades.setJwsSerializationType(form);
        return jades;
    }

    private <P extends AbstractSignatureParameters<?>> void sign(
            DocumentSignatureService<P, ?> service, P parameters, String of, String name) throws Exception {
        prepare(parameters);
        service.setTspSource(clock);
        var document = new FileDocument(new File(folder, of));
        try {
            SignatureValue value = value(service.getDataToSign(document, parameters));
            var made = service.signDocument(document, parameters, value);
            made.save(new File(folder, name).getPath());
            if (isLast(parameters)) {
                parameters.setDetachedContents(List.of(document));
                save(service.extendDocument(made, parameters), name);
            }
        } catch (RuntimeException error) {
            System.err.println(name + ": " + error);
        }
    }

    private <P extends AbstractSignatureParameters<?>, S extends DocumentSignatureService<P, ?> & MultipleDocumentsSignatureService<P, ?>>
            void signAll(S service, P parameters, String name, String... of) throws Exception {
        prepare(parameters);
        service.setTspSource(clock);
        List<DSSDocument> documents = new ArrayList<>();
        for (String one : of) {
            documents.add(new FileDocument(new File(folder, one)));
        }
        try {
            SignatureValue value = value(service.getDataToSign(documents, parameters));
            var made = service.signDocument(documents, parameters, value);
            made.save(new File(folder, name).getPath());
            if (isLast(parameters)) {
                if (name.contains("several")) {
                    parameters.setDetachedContents(documents);
                }
                save(service.extendDocument(made, parameters), name);
            }
        } catch (RuntimeException error) {
            System.err.println(name + ": " + error);
        }
    }

    private static boolean isLast(AbstractSignatureParameters<?> parameters) {
        return parameters.getSignatureLevel().toString().endsWith("LTA");
    }

    /** What was archived once more. */
    private void save(DSSDocument renewed, String name) throws Exception {
        renewed.save(new File(folder, name.replace("-LTA", "-again-LTA")).getPath());
    }

    private void timeStampContainers() throws Exception {
        for (var type : ASiCContainerType.values()) {
            var parameters = new ASiCWithCAdESTimestampParameters();
            parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
            parameters.aSiC().setContainerType(type);
            var service = new ASiCWithCAdESService(verifier);
            service.setTspSource(clock);
            List<DSSDocument> files = new ArrayList<>();
            files.add(new FileDocument(new File(folder, "a.txt")));
            if (type == ASiCContainerType.ASiC_E) {
                files.add(new FileDocument(new File(folder, "b.txt")));
            }
            var once = service.timestamp(files, parameters);
            String suffix = type == ASiCContainerType.ASiC_S ? ".asics" : ".asice";
            once.save(new File(folder, "stamped-once" + suffix).getPath());
            service.timestamp(once, parameters).save(new File(folder, "stamped-twice" + suffix).getPath());
        }
    }

    private void prepare(AbstractSignatureParameters<?> parameters) {
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(chain.get(0));
        parameters.setCertificateChain(chain);
        parameters.bLevel().setSigningDate(at);
    }

    private SignatureValue value(ToBeSigned data) throws Exception {
        var signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(key);
        signature.update(data.getBytes());
        return new SignatureValue(SignatureAlgorithm.ECDSA_SHA256, signature.sign());
    }

    private KeyStore store(String name) throws Exception {
        var store = KeyStore.getInstance("PKCS12");
        try (var in = new FileInputStream(new File(folder, name))) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    private static String named(String kind, SignaturePackaging packaging, String level) {
        return kind + "-" + packaging.name().toLowerCase() + "-" + level;
    }

    private static String container(String kind, ASiCContainerType type, String level) {
        String suffix = type == ASiCContainerType.ASiC_S ? ".asics" : ".asice";
        return "asic-" + kind + "-" + level + suffix;
    }

    private static final class FileInputStreams {
        static java.io.InputStream open(File file) {
            try {
                return new FileInputStream(file);
            } catch (java.io.IOException error) {
                throw new java.io.UncheckedIOException(error);
            }
        }
    }
}
