// ingest - net/http takes the webhook, svix verifies it, franz-go publishes it;
// answered when the broker has it.
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	svix "github.com/svix/svix-webhooks/go"
	"github.com/twmb/franz-go/pkg/kgo"
)

type event struct {
	Type string `json:"type"`
	Data struct {
		ID           string `json:"id"`
		Organization struct {
			ID string `json:"id"`
		} `json:"organization"`
	} `json:"data"`
}

func (e *event) key() string {
	if e.Data.Organization.ID != "" {
		return e.Data.Organization.ID
	}
	return e.Data.ID
}

type taker struct {
	webhook *svix.Webhook
	client  *kgo.Client
}

func (t *taker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, `{"error":"body"}`, http.StatusBadRequest)
		return
	}
	if t.webhook.Verify(body, r.Header) != nil {
		http.Error(w, `{"error":"invalid signature"}`, http.StatusUnauthorized)
		return
	}
	var e event
	if json.Unmarshal(body, &e) != nil {
		http.Error(w, `{"error":"json"}`, http.StatusBadRequest)
		return
	}
	id := r.Header.Get("svix-id")
	record := &kgo.Record{Key: []byte(e.key()), Value: body, Headers: []kgo.RecordHeader{
		{Key: "svix-id", Value: []byte(id)}, {Key: "ce_type", Value: []byte(e.Type)}}}
	if t.client.ProduceSync(r.Context(), record).FirstErr() != nil {
		http.Error(w, `{"error":"broker"}`, http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"status":"accepted","id":"`+id+`"}`)
}

func main() {
	webhook, err := svix.NewWebhook(os.Getenv("CLERK_WEBHOOK_SIGNING_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")),
		kgo.DefaultProduceTopic(os.Getenv("EVENTS_TOPIC")))
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/webhooks/clerk", &taker{webhook, client})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
