// SPDX-License-Identifier: Apache-2.0

// URL PROXY CA: one GET with java.net.http.HttpClient; the CA comes in a trust store
// (javax.net.ssl.trustStore).

import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

public class JavaClient {
    static void say(int status, int size, String error) {
        System.out.printf("GOT {\"status\": %d, \"size\": %d, \"error\": \"%s\"}%n", status, size,
                error.replaceAll("[\"\\\\\\p{Cntrl}]", " "));
    }

    public static void main(String[] args) throws Exception {
        URI proxy = URI.create(args[1]);
        HttpClient client = HttpClient.newBuilder()
                .proxy(ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort())))
                .build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(args[0]))
                .timeout(Duration.ofSeconds(30)).header("User-Agent", "TestBot/1.0").build();
        try {
            var response = client.send(request, BodyHandlers.ofByteArray());
            say(response.statusCode(), response.body().length, "");
        } catch (java.io.IOException e) {
            say(0, 0, e.toString());
        }
    }
}
