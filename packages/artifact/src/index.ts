/** The .vorab file format: schema, writer, reader and verifier. */
export {};
