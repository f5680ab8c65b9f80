package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/node"
)

func newConfig() *cobra.Command {
	check := &cobra.Command{
		Use: "check", Short: "Says whether the server could be started with these settings", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := configure(cmd); err != nil {
				return err
			}
			cmd.Println("the settings can be used")
			return nil
		},
	}
	addSettings(check)
	return group("config", "Settings", check, configPrint())
}

// A settingView is a setting as it counts, and where it comes from.
type settingView struct {
	Key    string `json:"key"`
	Value  any    `json:"value"`
	Source string `json:"source"`
}

func configPrint() *cobra.Command {
	var o output
	cmd := &cobra.Command{
		Use: "print", Short: "Shows every setting with its value and where it comes from", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			s, err := settle(cmd)
			if err != nil {
				return err
			}
			var all []settingView
			t := table{columns: []string{"key", "value", "source"}}
			for key, value := range s.Config.All() {
				all = append(all, settingView{key, value, s.Source(key)})
				t.add(key, fmt.Sprint(value), s.Source(key))
			}
			return o.write(cmd.OutOrStdout(), all, t)
		},
	}
	addSettings(cmd)
	o.addFlags(cmd)
	return cmd
}

// settle is configure, and knows where each setting comes from.
func settle(cmd *cobra.Command) (node.Settings, error) {
	c, err := configure(cmd)
	if err != nil {
		return node.Settings{}, err
	}
	source, err := sources(cmd)
	return node.Settings{Config: c, Source: source}, err
}

// sources returns what says where the value of a key comes from: its flag, else its variable, else the file, else the default.
func sources(cmd *cobra.Command) (func(key string) string, error) {
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return nil, err
	}
	lines := map[string]int{}
	if file = first(file, os.Getenv(configVariable)); file != "" {
		if lines, err = node.ConfigLines(file); err != nil {
			return nil, err
		}
	}
	byKey := map[string]setting{}
	for _, s := range settings() {
		byKey[s.key()] = s
	}
	return func(key string) string {
		if s, ok := byKey[key]; ok {
			switch {
			case cmd.Flags().Changed(s.name):
				return "--" + s.name
			case os.Getenv(s.variable()) != "":
				return s.variable()
			}
		}
		if line, ok := lines[key]; ok {
			return fmt.Sprintf("%s:%d", file, line)
		}
		return "default"
	}, nil
}

// key is the setting's key in the configuration file, where those that may be repeated are lists.
func (s setting) key() string {
	name := s.name
	if name == "tls-name" || name == "responder-network" {
		name += "s"
	}
	words := strings.Split(name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}
