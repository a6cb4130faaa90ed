// apply - kafkajs reads the topic, pg writes: one event, one transaction.
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { applyEvent } from "./event.js";

const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();
const consumer = new Kafka({
  brokers: [process.env.KAFKA_BOOTSTRAP_SERVERS],
  logLevel: logLevel.ERROR,
}).consumer({ groupId: process.env.CONSUMER_GROUP });
await consumer.connect();
await consumer.subscribe({
  topic: process.env.EVENTS_TOPIC,
  fromBeginning: true,
});
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    const text = message.value.toString();
    await applyEvent(client, JSON.parse(text), {
      id: message.headers["svix-id"].toString(),
      text,
      place: { topic, partition, offset: message.offset },
      time: message.timestamp,
    });
  },
});
