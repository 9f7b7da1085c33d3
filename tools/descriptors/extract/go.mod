module meshgate/tools/descriptors/extract

go 1.23
