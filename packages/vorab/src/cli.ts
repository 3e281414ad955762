/** The `vorab` command. */
export {};
