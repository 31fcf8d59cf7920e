// Reads the shop's events from Kafka and checks each by the contract. Needs Node 18 or newer.
//   npm install kafkajs ajv && KAFKA=host1:9092,host2:9092 TOPIC=orders node kafka-consumer.mjs
import { readdirSync, readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import { Kafka, logLevel } from "kafkajs";

const contract = new URL("../contract/", import.meta.url); // the folder docs/contract of the shop
const ajv = new Ajv({ strict: false, validateFormats: false });
for (const file of ["asyncapi.json", ...readdirSync(new URL("schemas", contract)).map((name) => `schemas/${name}`)])
  ajv.addSchema(JSON.parse(readFileSync(new URL(file, contract))), `contract:/${file}`);

const seen = new Set(); // in earnest a table of your database, in the transaction of the effect

async function handle(event) {
  const name = `${event.type}.v${event.dataversion}`;
  const fits = ajv.getSchema(`contract:/asyncapi.json#/components/messages/${name}/payload`);
  if (!fits) return console.log("newer than this consumer", name); // in earnest: keep it aside
  if (!fits(event)) throw new Error(`${name} ${event.id}: ${ajv.errorsText(fits.errors)}`);
  if (!seen.has(event.id)) console.log(event.type, event.subject, event.data.total ?? "");
  seen.add(event.id);
}

const brokers = process.env.KAFKA.split(",");
const consumer = new Kafka({ clientId: "example", brokers, logLevel: logLevel.ERROR }).consumer({ groupId: "example" });
await consumer.connect();
await consumer.subscribe({ topic: process.env.TOPIC, fromBeginning: true });
// One event of a partition after the other; its offset is committed once it is handled.
await consumer.run({ eachMessage: ({ message }) => handle(JSON.parse(message.value)) });
