-- A database as the first migration made it, with the values of two stations.
CREATE TABLE ocppfw_schema (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT ocppfw_schema_pkc PRIMARY KEY (version_num)
);
INSERT INTO ocppfw_schema VALUES ('0001');
CREATE TABLE store (
	station TEXT NOT NULL,
	namespace TEXT NOT NULL,
	"key" TEXT NOT NULL,
	value TEXT NOT NULL,
	position BIGINT NOT NULL,
	PRIMARY KEY (station, namespace, "key")
);
INSERT INTO store VALUES ('cp#CP1', 'outbox', '2', '{"action":"StopTransaction"}', 5);
INSERT INTO store VALUES ('cp#CP1', 'outbox', '1', '{"action":"StartTransaction"}', 7);
INSERT INTO store VALUES ('cp#CP1', 'a\\b', 'nul \0', '"é\u0000"', 6);
INSERT INTO store VALUES ('cs', 'soap_addresses', 'CP1', '"http://192.0.2.1:9001/"', 1);
