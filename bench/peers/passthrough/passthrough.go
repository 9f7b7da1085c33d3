// Package passthrough has gRPC hand messages on as the bytes that they are.
package passthrough

import (
	"fmt"

	"google.golang.org/grpc/mem"
)

// Codec writes a mem.BufferSlice and reads into a *mem.Buffer, which its reader frees.
type Codec struct{}

// Name is that of the bytes on the wire.
func (Codec) Name() string { return "proto" }

// Marshal takes the bytes as they are.
func (Codec) Marshal(value any) (mem.BufferSlice, error) {
	message, ok := value.(mem.BufferSlice)
	if !ok {
		return nil, fmt.Errorf("cannot write %T", value)
	}
	return message, nil
}

// Unmarshal makes one buffer of what came.
func (Codec) Unmarshal(data mem.BufferSlice, value any) error {
	message, ok := value.(*mem.Buffer)
	if !ok {
		return fmt.Errorf("cannot read into %T", value)
	}
	*message = data.MaterializeToBuffer(mem.DefaultBufferPool())
	return nil
}
