DROP TABLE reindex, search_index;
