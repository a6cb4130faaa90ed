// direct - fastify and svix, and the row written inside the request: no Kafka.
import Fastify from "fastify";
import pg from "pg";
import { Webhook } from "svix";
import { applyEvent } from "./event.js";

const webhook = new Webhook(process.env.CLERK_WEBHOOK_SIGNING_SECRET);
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: 10,
});

const app = Fastify();
app.addContentTypeParser(
  "application/json",
  { parseAs: "string" },
  (request, body, done) => done(null, body),
);
app.post("/webhooks/clerk", async (request, reply) => {
  const text = request.body;
  let event;
  try {
    event = webhook.verify(text, request.headers);
  } catch {
    return reply.code(401).send({ error: "invalid signature" });
  }
  const id = request.headers["svix-id"];
  const client = await pool.connect();
  try {
    await applyEvent(client, event, {
      id,
      text,
      place: { topic: "none", partition: 0, offset: 0 },
      time: Date.now(),
    });
  } finally {
    client.release();
  }
  return { status: "accepted", id };
});
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
