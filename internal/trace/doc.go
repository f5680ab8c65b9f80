// Package trace writes down what single devices do while somebody wants to know, for a while and never what they keep secret.
package trace
