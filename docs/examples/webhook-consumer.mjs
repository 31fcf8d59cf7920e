// Takes the shop's webhooks and checks their signatures (Standard Webhooks). Needs Node 18 or newer.
//   WEBHOOK_SECRET=whsec_... PORT=9000 node webhook-consumer.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
const seen = new Set(); // in earnest a table of your database, in the transaction of the effect

function isSigned(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": all = "" } = headers;
  if (!(Math.abs(Date.now() / 1000 - at) < 300)) return false; // recorded, and sent again
  const expected = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  return all.split(" ").some((one) => {
    const given = Buffer.from(one.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isSigned(request.headers, body)) return response.writeHead(401).end();
  const event = JSON.parse(body);
  if (!seen.has(event.id)) console.log(event.type, event.subject, event.data.total ?? "");
  seen.add(event.id);
  response.writeHead(204).end();
});
server.listen(process.env.PORT ?? 9000, () => console.log("port", server.address().port));
