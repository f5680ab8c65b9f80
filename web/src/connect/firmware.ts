import { bracketed } from './addresses';
import { provisionRequest, reading, topic, type Way } from './ways';

// text is a text of C: JSON's are.
const text = (value: string) => JSON.stringify(value);

const ownPEM = (what: string) => `-----BEGIN ${what}-----\n...\n-----END ${what}-----`;

// arduino writes a sketch for the ESP32, with the library PubSubClient.
export function arduino(way: Way): string {
  const { at, device, proof } = way;
  const x509 = proof.kind === 'X509_CERTIFICATE';
  const raw = (name: string, pem: string) => `const char* ${name} = R"PEM(${pem.trim()}\n)PEM";\n`;
  const id = proof.kind === 'MQTT_BASIC' ? proof.clientId || device : device;
  const who =
    proof.kind === 'MQTT_BASIC'
      ? `${text(id)}, ${proof.username ? text(proof.username) : 'nullptr'}, ${proof.password ? text(proof.password) : 'nullptr'}`
      : 'token' in proof
        ? `${text(id)}, ${text(proof.token)}, nullptr`
        : text(id);
  const ask =
    proof.kind === 'JOIN'
      ? `
// Once in its life, for example when nothing is kept in the flash yet.
bool join() {
  if (!mqtt.connect(${text(device)}, "provision", nullptr)) return false;
  mqtt.setCallback([](char*, byte* answer, unsigned length) { Serial.write(answer, length); joined = true; });
  mqtt.publish("/provision/request", ${text(JSON.stringify(provisionRequest(device, proof)))});
  for (int i = 0; i < 100 && !joined; i++) { mqtt.loop(); delay(50); }
  mqtt.disconnect();
  return joined;
}
`
      : '';
  return `#include <WiFi.h>
${at.tls ? '#include <WiFiClientSecure.h>\n' : ''}#include <PubSubClient.h>

${at.tls ? raw('ca', way.ca) : ''}${x509 ? raw('certificate', ownPEM('CERTIFICATE')) + raw('key', ownPEM('PRIVATE KEY')) : ''}${at.tls ? 'WiFiClientSecure' : 'WiFiClient'} net;
PubSubClient mqtt(net);
${ask ? `bool joined = false;\n${ask}` : ''}
void setup() {
  Serial.begin(115200);
  WiFi.begin("your network", "its password");
  while (WiFi.status() != WL_CONNECTED) delay(200);
${at.tls ? '  net.setCACert(ca);\n' : ''}${x509 ? '  net.setCertificate(certificate);\n  net.setPrivateKey(key);\n' : ''}  mqtt.setServer(${text(at.host)}, ${at.port});
  mqtt.setBufferSize(1024);
}

void loop() {
${ask ? '  if (!joined && !join()) { delay(5000); return; }\n' : ''}  if (!mqtt.connected() && !mqtt.connect(${who})) {
    Serial.printf("refused: %d\\n", mqtt.state());
    delay(5000);
    return;
  }
  mqtt.publish(${text(topic)}, ${text(reading)});
  for (int i = 0; i < 100; i++) { mqtt.loop(); delay(100); }
}
`;
}

// espidf writes a function for ESP-IDF 5, to be called when the network is up.
export function espidf(way: Way): string {
  const { at, device, proof } = way;
  const x509 = proof.kind === 'X509_CERTIFICATE';
  const lines = (pem: string) =>
    pem
      .trim()
      .split('\n')
      .map((l) => `    ${text(`${l}\n`)}`)
      .join('\n');
  const constant = (name: string, pem: string) => `static const char ${name}[] =\n${lines(pem)};\n`;
  const fields = [
    `.broker.address.uri = ${text(`${at.tls ? 'mqtts' : 'mqtt'}://${bracketed(at.host)}:${at.port}`)}`,
    ...(at.tls ? ['.broker.verification.certificate = ca'] : []),
    `.credentials.client_id = ${text(proof.kind === 'MQTT_BASIC' ? proof.clientId || device : device)}`,
    ...(proof.kind === 'ACCESS_TOKEN' ? [`.credentials.username = ${text(proof.token)}`] : []),
    ...(proof.kind === 'MQTT_BASIC' && proof.username ? [`.credentials.username = ${text(proof.username)}`] : []),
    ...(proof.kind === 'MQTT_BASIC' && proof.password ? [`.credentials.authentication.password = ${text(proof.password)}`] : []),
    ...(x509 ? ['.credentials.authentication.certificate = certificate', '.credentials.authentication.key = key'] : []),
  ];
  return `#include "mqtt_client.h"

${at.tls ? constant('ca', way.ca) : ''}${x509 ? constant('certificate', ownPEM('CERTIFICATE')) + constant('key', ownPEM('PRIVATE KEY')) : ''}${at.tls ? '\n' : ''}void report(void)
{
    const esp_mqtt_client_config_t config = {
${fields.map((f) => `        ${f},\n`).join('')}    };
    esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
    esp_mqtt_client_start(client);
    esp_mqtt_client_enqueue(client, ${text(topic)}, ${text(reading)}, 0, 1, 0, true);
}
`;
}
