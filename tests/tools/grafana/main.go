// Checks dashboards against Grafana's schema of classic dashboards, panels and queries of Prometheus, from which
// Grafana generates its SDK.
//
// A field that the schema does not have, a required field that is missing and a value that is not allowed are errors.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/timeseries"
)

func main() {
	// The options of a panel and the fields of a query depend on their types.
	runtime := cog.NewRuntime()
	runtime.RegisterPanelcfgVariant(timeseries.VariantConfig())
	runtime.RegisterDataqueryVariant(prometheus.VariantConfig())

	failed := len(os.Args) < 2
	for _, name := range os.Args[1:] {
		if err := check(name); err != nil {
			fmt.Printf("%s: %v\n", name, err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func check(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var model dashboard.Dashboard
	err = model.UnmarshalJSONStrict(content)
	// Without a problem it is an empty list, which is not nil.
	var problems cog.BuildErrors
	if err != nil && (!errors.As(err, &problems) || len(problems) > 0) {
		return err
	}
	return model.Validate()
}
