const { createServer } = require("node:http");
const { openPool, listReservations } = require("./reservations");

const config = require(`../config/${process.env.APP_ENV}.json`);
const pool = openPool(config.database);

createServer(async (request, response) => {
  if (request.url === "/health") {
    response.end("ok");
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(await listReservations(pool)));
}).listen(process.env.PORT);
