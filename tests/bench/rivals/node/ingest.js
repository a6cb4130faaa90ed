// ingest - fastify takes the webhook, svix verifies it, kafkajs publishes it;
// answered when the broker has it.
import Fastify from "fastify";
import { Kafka, logLevel } from "kafkajs";
import { Webhook } from "svix";
import { keyOf } from "./event.js";

const webhook = new Webhook(process.env.CLERK_WEBHOOK_SIGNING_SECRET);
const producer = new Kafka({
  brokers: [process.env.KAFKA_BOOTSTRAP_SERVERS],
  logLevel: logLevel.ERROR,
}).producer({ allowAutoTopicCreation: false });
await producer.connect();

const app = Fastify();
app.addContentTypeParser(
  "application/json",
  { parseAs: "string" },
  (request, body, done) => done(null, body),
);
app.post("/webhooks/clerk", async (request, reply) => {
  let event;
  try {
    event = webhook.verify(request.body, request.headers);
  } catch {
    return reply.code(401).send({ error: "invalid signature" });
  }
  const id = request.headers["svix-id"];
  await producer.send({
    topic: process.env.EVENTS_TOPIC,
    acks: -1,
    messages: [
      {
        key: keyOf(event),
        value: request.body,
        headers: { "svix-id": id, ce_type: event.type },
      },
    ],
  });
  return { status: "accepted", id };
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
