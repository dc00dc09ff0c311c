package cmd

import (
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/webdoctor/webdoctor/fhir/rest"
	"github.com/webdoctor/webdoctor/storage"
)

// Metrics is what GET /metrics tells. Labels are methods, URL templates and
// status codes: never ids, names or values.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

// newMetrics registers everything that is measured.
func newMetrics(db *storage.DB) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "webdoctor_http_request_duration_seconds",
			Help:    "Time from a request being read to its answer being ready, by template of the URL.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
	}
	b := readBuild()
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "webdoctor_build_info",
		Help:        "Always 1; the labels tell what is running.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit},
	})
	info.Set(1)
	m.registry.MustRegister(m.requests, info,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		&poolCollector{db: db})
	return m
}

// served counts a request of the FHIR API.
func (m *Metrics) served(v rest.Served) {
	method := v.Method
	if !slices.Contains(methods, method) {
		method = "other" // a label of a stranger's choosing would grow without end
	}
	route := v.Route
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(v.Status)).Observe(v.Took.Seconds())
}

var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Mount hangs the page under a router, for callers on this machine.
func (m *Metrics) Mount(r fiber.Router) {
	page := adaptor.HTTPHandler(promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	r.Get("/metrics", func(c *fiber.Ctx) error {
		if !fromHere(c) {
			return c.SendStatus(fiber.StatusForbidden)
		}
		return page(c)
	})
}

// poolCollector reads the connection pool when it is asked.
type poolCollector struct{ db *storage.DB }

// poolMetric is one number of the pool.
type poolMetric struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func pool(name, help string, kind prometheus.ValueType) poolMetric {
	return poolMetric{prometheus.NewDesc("webdoctor_db_pool_"+name, help, nil, nil), kind}
}

var (
	poolMax      = pool("max_connections", "Connections the pool may open.", prometheus.GaugeValue)
	poolTotal    = pool("connections", "Connections that are open.", prometheus.GaugeValue)
	poolBusy     = pool("acquired_connections", "Connections that are in use.", prometheus.GaugeValue)
	poolAcquired = pool("acquires_total", "Times a connection was taken.", prometheus.CounterValue)
	poolWaited   = pool("empty_acquires_total", "Times somebody had to wait for a connection.", prometheus.CounterValue)
	poolWaiting  = pool("acquire_seconds_total", "Time spent taking connections.", prometheus.CounterValue)
)

// Describe implements prometheus.Collector.
func (*poolCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range []poolMetric{poolMax, poolTotal, poolBusy, poolAcquired, poolWaited, poolWaiting} {
		ch <- m.desc
	}
}

// Collect implements prometheus.Collector.
func (p *poolCollector) Collect(ch chan<- prometheus.Metric) {
	s := p.db.Stat()
	for _, v := range []struct {
		poolMetric
		value float64
	}{
		{poolMax, float64(s.MaxConns())},
		{poolTotal, float64(s.TotalConns())},
		{poolBusy, float64(s.AcquiredConns())},
		{poolAcquired, float64(s.AcquireCount())},
		{poolWaited, float64(s.EmptyAcquireCount())},
		{poolWaiting, s.AcquireDuration().Seconds()},
	} {
		ch <- prometheus.MustNewConstMetric(v.desc, v.kind, v.value)
	}
}
