/** The package as an application would bundle it, from its sources; nothing stands in for a module of Node's. */
export default {
  configFile: false,
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: "../../dist/browser-test",
    emptyOutDir: true,
    minify: true,
    target: "es2023",
    modulePreload: false,
    rolldownOptions: { input: "page.ts", output: { entryFileNames: "page.js" } },
  },
};
