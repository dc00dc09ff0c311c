DROP TABLE terminology_change;
