package weft.interop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Asks a program over HTTP, in JSON. */
final class JsonRpc {
    static final ObjectMapper JSON = new ObjectMapper();

    /** Transmission's guard against web pages: a call without it is refused, and told what to say. */
    private static final String SESSION_HEADER = "X-Transmission-Session-Id";

    private static final int TIMEOUT_MILLIS = 10_000;

    private final URI address;
    private String session = ""; // of one thread

    JsonRpc(URI address) {
        this.address = address;
    }

    JsonNode call(JsonNode request) throws IOException {
        var connection = open(request);
        if (connection.getResponseCode() == HttpURLConnection.HTTP_CONFLICT) {
            session = connection.getHeaderField(SESSION_HEADER);
            connection = open(request);
        }
        int status = connection.getResponseCode();
        try (var answer = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            var text = answer == null ? new byte[0] : answer.readAllBytes();
            if (status != HttpURLConnection.HTTP_OK) {
                throw new IOException(address + " answers " + status + ": " + new String(text, StandardCharsets.UTF_8));
            }
            return JSON.readTree(text);
        }
    }

    private HttpURLConnection open(JsonNode request) throws IOException {
        var connection = (HttpURLConnection) address.toURL().openConnection(Proxy.NO_PROXY);
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty(SESSION_HEADER, session);
        connection.setDoOutput(true);
        try (var body = connection.getOutputStream()) {
            body.write(JSON.writeValueAsBytes(request));
        }
        return connection;
    }
}
