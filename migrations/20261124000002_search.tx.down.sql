DROP TABLE search_number, search_date, search_string, search_reference, search_token;
