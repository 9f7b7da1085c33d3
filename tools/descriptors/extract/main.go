// Command extract reads protobuf descriptors out of generated Go code without compiling it.
//
// protoc-gen-go writes the descriptor of each .proto file into its .pb.go file as one constant string, `file_…_rawDesc`. Compiling
// and linking all packages of go-control-plane to ask Go's registry for them takes minutes; parsing the files takes seconds and
// gives the same bytes.
//
// It reads a list of package directories from standard input, one per line, and writes
//
//	-set    a serialized google.protobuf.FileDescriptorSet of every descriptor found, dependencies before their users;
//	-slots  a JSON object from the full name of a field (or of the message that has it) to the extension categories which the API's
//	        authors noted for it: the comment `[#extension-category: envoy.filters.http]` over the field. Comments are not part of
//	        a compiled descriptor, so this is the only machine-readable source of that fact.
//
// Only the standard library is used, so that building it needs no network.
package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// descriptor is one serialized google.protobuf.FileDescriptorProto with the two facts that its order in a set depends on.
type descriptor struct {
	name         string
	pkg          string
	dependencies []string
	bytes        []byte
}

func main() {
	setPath := flag.String("set", "", "file for the FileDescriptorSet")
	slotsPath := flag.String("slots", "", "file for the extension categories of fields, JSON")
	flag.Parse()
	if err := run(*setPath, *slotsPath); err != nil {
		fmt.Fprintln(os.Stderr, "extract:", err)
		os.Exit(1)
	}
}

func run(setPath, slotsPath string) error {
	if setPath == "" || slotsPath == "" {
		return errors.New("-set and -slots are both needed")
	}
	found := map[string]descriptor{}
	slots := map[string][]string{}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		dir := strings.TrimSpace(lines.Text())
		if dir == "" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.pb.go"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := readFile(file, found, slots); err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	if len(found) == 0 {
		return errors.New("no descriptor found in any of the directories")
	}
	ordered, err := dependenciesFirst(found)
	if err != nil {
		return err
	}
	var set []byte
	for _, d := range ordered {
		set = append(set, 0x0a) // field 1 (file), length-delimited
		set = binary.AppendUvarint(set, uint64(len(d.bytes)))
		set = append(set, d.bytes...)
	}
	if err := os.WriteFile(setPath, set, 0o644); err != nil {
		return err
	}
	text, err := json.MarshalIndent(slots, "", "  ")
	if err != nil {
		return err
	}
	fmt.Printf("%d files, %d bytes, %d extension slots\n", len(ordered), len(set), len(slots))
	return os.WriteFile(slotsPath, append(text, '\n'), 0o644)
}

func readFile(path string, found map[string]descriptor, slots map[string][]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var pkg string
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || (general.Tok != token.CONST && general.Tok != token.VAR) {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Names) != 1 || len(value.Values) != 1 || !strings.HasSuffix(value.Names[0].Name, "_rawDesc") {
				continue
			}
			raw, err := bytesOf(value.Values[0])
			if err != nil {
				return fmt.Errorf("%s: %w", value.Names[0].Name, err)
			}
			d, err := readDescriptor(raw)
			if err != nil {
				return fmt.Errorf("%s: %w", value.Names[0].Name, err)
			}
			found[d.name] = d
			pkg = d.pkg
		}
	}
	if pkg != "" {
		collectSlots(file, pkg, slots)
	}
	return nil
}

// bytesOf evaluates `"…" + "…"` (protoc-gen-go since 1.36.6) and `[]byte{0x0a, …}` (before).
func bytesOf(expression ast.Expr) ([]byte, error) {
	switch e := expression.(type) {
	case *ast.BasicLit:
		switch e.Kind {
		case token.STRING:
			text, err := strconv.Unquote(e.Value)
			return []byte(text), err
		case token.INT:
			number, err := strconv.ParseUint(e.Value, 0, 8)
			return []byte{byte(number)}, err
		}
	case *ast.BinaryExpr:
		// A long sum leans to the left: go down its spine in a loop and join once.
		var parts [][]byte
		var left ast.Expr = e
		for {
			sum, ok := left.(*ast.BinaryExpr)
			if !ok || sum.Op != token.ADD {
				break
			}
			right, err := bytesOf(sum.Y)
			if err != nil {
				return nil, err
			}
			parts = append(parts, right)
			left = sum.X
		}
		all, err := bytesOf(left)
		for i := len(parts) - 1; i >= 0; i-- {
			all = append(all, parts[i]...)
		}
		return all, err
	case *ast.CompositeLit:
		all := make([]byte, 0, len(e.Elts))
		for _, element := range e.Elts {
			one, err := bytesOf(element)
			if err != nil {
				return nil, err
			}
			all = append(all, one...)
		}
		return all, nil
	}
	return nil, fmt.Errorf("cannot read a raw descriptor from %T", expression)
}

// readDescriptor takes name (1), package (2) and dependency (3) from a serialized FileDescriptorProto.
func readDescriptor(raw []byte) (descriptor, error) {
	d := descriptor{bytes: raw}
	for rest := raw; len(rest) > 0; {
		tag, n := binary.Uvarint(rest)
		if n <= 0 {
			return d, errors.New("broken tag")
		}
		rest = rest[n:]
		switch tag & 7 {
		case 0:
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				return d, errors.New("broken varint")
			}
			rest = rest[n:]
		case 2:
			size, n := binary.Uvarint(rest)
			if n <= 0 || size > uint64(len(rest)-n) {
				return d, errors.New("broken length")
			}
			value := string(rest[n : n+int(size)])
			rest = rest[n+int(size):]
			switch tag >> 3 {
			case 1:
				d.name = value
			case 2:
				d.pkg = value
			case 3:
				d.dependencies = append(d.dependencies, value)
			}
		default:
			return d, fmt.Errorf("unexpected wire type %d", tag&7)
		}
	}
	if d.name == "" {
		return d, errors.New("a descriptor without a file name")
	}
	return d, nil
}

// An Envoy of today has the third version of its API compiled in and no earlier one. Packages that only the Go module's own
// dependencies bring along (gRPC's internals) are wanted by no Envoy message.
var (
	wanted  = regexp.MustCompile(`^(envoy|udpa|xds|google\.protobuf|validate)\b`)
	retired = regexp.MustCompile(`^envoy\..*\bv[12](alpha\d*)?$|^envoy\.(api\.v2|config\.(retry\.previous_priorities|cluster\.redis))\b`)
)

// dependenciesFirst orders by name, what is wanted alone and each file after what it imports: the same input gives the same bytes on any machine.
func dependenciesFirst(found map[string]descriptor) ([]descriptor, error) {
	names := make([]string, 0, len(found))
	for name, d := range found {
		if wanted.MatchString(d.pkg) && !retired.MatchString(d.pkg) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	var ordered []descriptor
	seen := map[string]bool{}
	var visit func(name, wantedBy string) error
	visit = func(name, wantedBy string) error {
		if seen[name] {
			return nil
		}
		seen[name] = true
		d, ok := found[name]
		if !ok {
			return fmt.Errorf("%s imports %s, which is in none of the packages", wantedBy, name)
		}
		for _, dependency := range d.dependencies {
			if err := visit(dependency, name); err != nil {
				return err
			}
		}
		ordered = append(ordered, d)
		return nil
	}
	for _, name := range names {
		if err := visit(name, "nobody"); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}

var (
	category = regexp.MustCompile(`\[#extension-category:\s*([^\]]+)\]`)
	tagName  = regexp.MustCompile(`protobuf:"[^"]*\bname=([^,"]+)`)
	tagOneof = regexp.MustCompile(`protobuf_oneof:"([^"]+)"`)
)

// collectSlots notes the categories in the comments over fields and over oneofs. A Go struct `A_B_C` is message `A.B.C`, or the
// wrapper of member C of a oneof in message `A.B`; its one field then has that member's tag. Both names are written; those that
// are no message are never looked up.
func collectSlots(file *ast.File, pkg string, slots map[string][]string) {
	note := func(message, member string, comment *ast.CommentGroup) {
		if comment == nil {
			return
		}
		for _, match := range category.FindAllStringSubmatch(comment.Text(), -1) {
			for _, name := range strings.Split(match[1], ",") {
				key := pkg + "." + message + "." + member
				slots[key] = append(slots[key], strings.TrimSpace(name))
			}
		}
	}
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.TYPE {
			continue
		}
		for _, spec := range general.Specs {
			kind, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			structure, ok := kind.Type.(*ast.StructType)
			if !ok {
				continue
			}
			message := strings.ReplaceAll(kind.Name.Name, "_", ".")
			for _, field := range structure.Fields.List {
				if field.Tag == nil {
					continue
				}
				tag, err := strconv.Unquote(field.Tag.Value)
				if err != nil {
					continue
				}
				if match := tagOneof.FindStringSubmatch(tag); match != nil {
					note(message, match[1], field.Doc)
					continue
				}
				match := tagName.FindStringSubmatch(tag)
				if match == nil {
					continue
				}
				if strings.Contains(tag, ",oneof\"") {
					message = message[:max(strings.LastIndex(message, "."), 0)]
				}
				note(message, match[1], field.Doc)
			}
		}
	}
}
