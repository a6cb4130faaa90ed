// event - which entity an event is of, and the statements that it needs.
import { readFileSync } from "node:fs";

export function keyOf({ data }) {
  return data.organization?.id ?? data.id;
}

const sql = (name) =>
  readFileSync(new URL(`../sql/${name}.sql`, import.meta.url), "utf8");
const statement = (name) => ({ name, text: sql(name) });

const USER = statement("user_upsert");
const WORKSPACE = statement("workspace_insert");
const USER_DELETE = statement("user_delete");
const ORGANIZATION = statement("organization_upsert");
const ORGANIZATION_DELETE = statement("organization_delete");
const MEMBERSHIP = statement("membership_upsert");
const MEMBERSHIP_DELETE = statement("membership_delete");
const LEDGER = statement("ledger_insert");

async function run(client, { name, text }, ...values) {
  return client.query({ name, text, values });
}

async function applyUser(client, { type, data }) {
  if (type === "user.deleted") return run(client, USER_DELETE, data.id);
  const email = data.email_addresses.find(
    (address) => address.id === data.primary_email_address_id,
  );
  await run(
    client, USER, data.id, email?.email_address, data.username,
    data.first_name, data.last_name, data.image_url, data.public_metadata,
    data.created_at, data.updated_at,
  );
  return run(client, WORKSPACE, data.id);
}

async function applyOrganization(client, { type, data }) {
  if (type === "organization.deleted")
    return run(client, ORGANIZATION_DELETE, data.id);
  return run(
    client, ORGANIZATION, data.id, data.name, data.slug, data.image_url,
    data.created_by, data.public_metadata, data.created_at, data.updated_at,
  );
}

async function applyMembership(client, { type, data }) {
  if (type === "organizationMembership.deleted")
    return run(client, MEMBERSHIP_DELETE, data.id);
  return run(
    client, MEMBERSHIP, data.id, data.organization.id,
    data.public_user_data.user_id, data.role, data.public_metadata,
    data.created_at, data.updated_at,
  );
}

const APPLY = {
  user: applyUser,
  organization: applyOrganization,
  organizationMembership: applyMembership,
};

// One transaction. Where a parent is missing no row is written, and the ledger
// says that it failed.
export async function applyEvent(client, event, { id, text, place, time }) {
  await client.query("BEGIN");
  try {
    const [family] = event.type.split(".");
    const { rowCount } = await APPLY[family](client, event);
    const isLost = family === "organizationMembership" && rowCount === 0;
    await run(
      client, LEDGER, id, event.type, keyOf(event), text,
      isLost ? "failed" : "completed", place.topic, place.partition,
      place.offset, time,
    );
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  }
}
