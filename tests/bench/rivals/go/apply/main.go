// apply - franz-go reads the topic, pgx writes: one event, one transaction.
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
)

type event struct {
	Type string `json:"type"`
	Data struct {
		ID                    string          `json:"id"`
		Name                  *string         `json:"name"`
		Slug                  *string         `json:"slug"`
		ImageURL              *string         `json:"image_url"`
		CreatedBy             *string         `json:"created_by"`
		Username              *string         `json:"username"`
		FirstName             *string         `json:"first_name"`
		LastName              *string         `json:"last_name"`
		Role                  string          `json:"role"`
		PublicMetadata        json.RawMessage `json:"public_metadata"`
		CreatedAt             int64           `json:"created_at"`
		UpdatedAt             int64           `json:"updated_at"`
		PrimaryEmailAddressID *string         `json:"primary_email_address_id"`
		EmailAddresses        []struct {
			ID           string `json:"id"`
			EmailAddress string `json:"email_address"`
		} `json:"email_addresses"`
		Organization struct {
			ID string `json:"id"`
		} `json:"organization"`
		PublicUserData struct {
			UserID string `json:"user_id"`
		} `json:"public_user_data"`
	} `json:"data"`
}

func (e *event) email() *string {
	for _, address := range e.Data.EmailAddresses {
		if e.Data.PrimaryEmailAddressID != nil && address.ID == *e.Data.PrimaryEmailAddressID {
			return &address.EmailAddress
		}
	}
	return nil
}

type applier struct {
	connection *pgx.Conn
	statements map[string]string
}

func (a *applier) load(folder string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	a.statements = map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		a.statements[name] = string(text)
	}
	return err
}

// entity writes the rows of the event; false where a parent is missing.
func (a *applier) entity(ctx context.Context, tx pgx.Tx, e *event) (bool, error) {
	run := func(name string, values ...any) (int64, error) {
		tag, err := tx.Exec(ctx, a.statements[name], values...)
		return tag.RowsAffected(), err
	}
	d := &e.Data
	var err error
	var rows int64 = 1
	switch family, _, _ := strings.Cut(e.Type, "."); {
	case e.Type == "user.deleted":
		_, err = run("user_delete", d.ID)
	case family == "user":
		_, err = run("user_upsert", d.ID, e.email(), d.Username, d.FirstName, d.LastName,
			d.ImageURL, d.PublicMetadata, d.CreatedAt, d.UpdatedAt)
		if err == nil {
			_, err = run("workspace_insert", d.ID)
		}
	case e.Type == "organization.deleted":
		_, err = run("organization_delete", d.ID)
	case family == "organization":
		_, err = run("organization_upsert", d.ID, d.Name, d.Slug, d.ImageURL, d.CreatedBy,
			d.PublicMetadata, d.CreatedAt, d.UpdatedAt)
	case e.Type == "organizationMembership.deleted":
		rows, err = run("membership_delete", d.ID)
	case family == "organizationMembership":
		rows, err = run("membership_upsert", d.ID, d.Organization.ID, d.PublicUserData.UserID,
			d.Role, d.PublicMetadata, d.CreatedAt, d.UpdatedAt)
	}
	return rows > 0, err
}

func (a *applier) apply(ctx context.Context, record *kgo.Record) error {
	var e event
	if err := json.Unmarshal(record.Value, &e); err != nil {
		return err
	}
	id := ""
	for _, header := range record.Headers {
		if header.Key == "svix-id" {
			id = string(header.Value)
		}
	}
	return pgx.BeginFunc(ctx, a.connection, func(tx pgx.Tx) error {
		status := "completed"
		isWritten, err := a.entity(ctx, tx, &e)
		if err != nil {
			return err
		}
		if !isWritten {
			status = "failed"
		}
		_, err = tx.Exec(ctx, a.statements["ledger_insert"], id, e.Type, string(record.Key),
			json.RawMessage(record.Value), status, record.Topic, record.Partition, record.Offset,
			record.Timestamp.UnixMilli())
		return err
	})
}

func main() {
	ctx := context.Background()
	connection, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	a := &applier{connection: connection}
	if err = a.load(os.Getenv("RIVAL_SQL")); err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")),
		kgo.ConsumerGroup(os.Getenv("CONSUMER_GROUP")),
		kgo.ConsumeTopics(os.Getenv("EVENTS_TOPIC")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		log.Fatal(err)
	}
	for {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(record *kgo.Record) {
			if err := a.apply(ctx, record); err != nil {
				log.Fatal(err)
			}
		})
	}
}
