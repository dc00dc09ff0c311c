package storagetest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/webdoctor/webdoctor/storage/blob"
	"github.com/webdoctor/webdoctor/storage/storagetest"
)

func TestRedisIsRealAndOnesOwn(t *testing.T) {
	t.Parallel()
	clients := map[string]*redis.Client{}
	for range 2 {
		url := storagetest.Redis(t)
		options, err := redis.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		clients[url] = redis.NewClient(options)
		defer clients[url].Close()
	}
	for url, client := range clients {
		if err := client.SetNX(t.Context(), "mine", url, 0).Err(); err != nil {
			t.Fatal(err)
		}
		if got := client.Get(t.Context(), "mine").Val(); got != url {
			t.Errorf("%s holds %q", url, got)
		}
	}
	if len(clients) != 2 {
		t.Error("two tests got the same server")
	}
}

func TestS3BucketIsOnesOwn(t *testing.T) {
	t.Parallel()
	one, two := storagetest.S3(t), storagetest.S3(t)
	if one.Bucket == two.Bucket {
		t.Fatalf("both got %s", one.Bucket)
	}
	b, err := blob.S3(one)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context()); err != nil {
		t.Error(err)
	}
	one.SecretKey += "x"
	if b, err = blob.S3(one); err != nil {
		t.Fatal(err)
	}
	if err := b.Check(t.Context()); err == nil {
		t.Error("a wrong key is accepted")
	}
}
