import { arduino, espidf } from './firmware';
import { paho, requests } from './python';
import { coap, curl, mosquitto } from './shell';
import type { Tool, Way } from './ways';

const makers: Record<Tool, (way: Way) => string> = { mosquitto, curl, coap, paho, requests, arduino, espidf };

// snippet returns what is pasted where a tool is.
export function snippet(tool: Tool, way: Way): string {
  return makers[tool](way);
}
