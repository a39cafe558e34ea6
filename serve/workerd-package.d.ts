/** The npm package `workerd` comes without types. */
declare module "workerd" {
  const workerd: {
    /** Where the executable is. */
    readonly default: string;
  };
  // biome-ignore lint/style/noDefaultExport: it is what the package exports
  export default workerd;
}
