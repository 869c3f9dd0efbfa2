const { DatabaseSync } = require("node:sqlite");

exports.openPool = ({ file, poolSize }) =>
  Array.from({ length: poolSize }, () => new DatabaseSync(file, { readOnly: true }));

exports.listReservations = (pool) =>
  pool[Math.floor(Math.random() * pool.length)]
    .prepare("SELECT id, pickup_date, days FROM reservations ORDER BY pickup_date LIMIT 50")
    .all();
