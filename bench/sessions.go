package main

import "context"

func (p plan) inMemory(ctx context.Context, h *house) ([]result, error) { return nil, nil }
