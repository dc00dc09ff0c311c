// Command webdoctor is a FHIR R4 server that starts with one command.
package main

import (
	"os"

	"github.com/webdoctor/webdoctor/cmd"
)

func main() { os.Exit(cmd.Run(os.Args[1:])) }
