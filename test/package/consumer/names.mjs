// Prints what an entry of the package exports.
const [, , entry] = process.argv;
console.log(JSON.stringify(Object.keys(await import(entry))));
