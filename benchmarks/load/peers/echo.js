// k6: one held WebSocket for each virtual user; every message is answered with one, its round trip is kept.
import ws from "k6/ws";
import { Trend } from "k6/metrics";

const connections = Number(__ENV.CONNECTIONS);
const payload = "x".repeat(128);
const roundTrip = new Trend("round_trip", true);

export const options = {
  scenarios: {
    held: { executor: "per-vu-iterations", vus: connections, iterations: 1, maxDuration: "10m" },
  },
};

export default function () {
  ws.connect(__ENV.URL, {}, (socket) => {
    let sent = 0;
    socket.on("message", () => {
      const now = Date.now();
      if (sent) roundTrip.add(now - sent);
      sent = now;
      socket.send(payload);
    });
  });
}
